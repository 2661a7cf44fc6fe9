"""What holds for every build, and for what is shipped."""

from eessi_hooks.policies import (
    archive,
    gpu_property,
    install_path,
    linker,
    read_only,
    redistributable,
    reprod,
    rpath,
    toolchains,
    unsupported,
    wrapper,
)
from eessi_hooks.rule import ANY, Condition, Rule
from eessi_hooks.step import Action

_INSTALLED_FOR_ALL = Condition(
    "it is installed into EESSI or for a site", lambda step: step.target.mode in ("cvmfs", "site")
)

RULES = (
    Rule(
        software=ANY,
        at="pre_build_and_install_loop",
        do=Action("refuse a toolchain that the EESSI version does not support", toolchains.check, only_looks=True),
        why="what is built with other toolchains cannot be loaded with the rest",
    ),
    Rule(
        software=ANY,
        at="parse",
        do=Action("set the property arch=gpu, and make CUDA and cuDNN needed for the build alone", gpu_property.mark),
        why="Lmod's hooks check driver and host_injections for such modules, and CUDA is not all there to be loaded",
    ),
    Rule(
        software=ANY,
        at="pre_easyblock",
        do=Action("archive the hook package", archive.archive),
        why="an installation must carry what it takes to make it again",
    ),
    Rule(
        software=ANY,
        at="pre_easyblock",
        do=Action("refuse an installation in the prefix of the other kind", install_path.check, only_looks=True),
        why="what needs an accelerator is below accel/, so that all others share one installation of the rest",
    ),
    Rule(
        software=ANY,
        at="pre_easyblock",
        when=unsupported.IS_UNSUPPORTED,
        do=Action("make the module alone", unsupported.stub, scoped=True, details=unsupported.in_words),
        why="it cannot be built for the target, and who loads it is to learn why",
    ),
    Rule(
        software=ANY,
        at="pre_module",
        when=unsupported.IS_UNSUPPORTED,
        do=Action("write an error into the module that says why it does not load", unsupported.explain_on_load),
        why="it cannot be built for the target, and who loads it is to learn why",
    ),
    Rule(
        software=ANY,
        at="pre_prepare",
        when=rpath.HAS_MPI,
        do=Action("put folders in host_injections first in RPATH", rpath.override, scoped=True, details=rpath.folders),
        why="a site can have everything use its own MPI",
    ),
    Rule(
        software=("GCCcore",),
        at="post_prepare",
        needs_eprefix=True,
        do=Action("wrap the linkers by their prefixed names too", linker.wrap),
        why="GCC calls the linker as <triplet>-ld: without a wrapper of that name, its libraries get no RPATH",
    ),
    Rule(
        software=ANY,
        at="post_prepare",
        do=Action("have RPATH wrappers that start no Python", wrapper.quicken),
        why="configure calls compilers hundreds of times, which takes less time than EasyBuild's wrappers of them",
    ),
    Rule(
        software=("CUDA", "cuDNN"),
        at="post_postproc",
        when=redistributable.IS_SHIPPED,
        do=Action("replace what may not be shipped by links into host_injections", redistributable.strip),
        why="NVIDIA's licences list what may be shipped",
    ),
    Rule(
        software=("CUDA", "cuDNN"),
        at="pre_module",
        when=redistributable.IS_SHIPPED,
        do=Action("refuse what may not be shipped", redistributable.check),
        why="NVIDIA's licences list what may be shipped, and nothing else gets a module",
    ),
    Rule(
        software=ANY,
        at="post_easyblock",
        since_eessi="2025.06",
        when=_INSTALLED_FOR_ALL,
        do=Action("keep a copy of how it was made in reprod/", reprod.keep),
        why="a rebuild replaces an installation with all that it knows of itself",
    ),
    Rule(
        software=ANY,
        at="post_build_and_install_loop",
        do=Action("take the write bits from what EasyBuild has written last", read_only.finish),
        why="EasyBuild writes its test report, and what there is of a module alone, when permissions are set already",
    ),
)
