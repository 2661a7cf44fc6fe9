"""EasyBuild: the only package that imports or runs it."""
