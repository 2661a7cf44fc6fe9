#!/bin/sh
# Runs after EasyBuild has written the module file, in its last step.
exec sh -c "${LATE_STEP:-true}"
