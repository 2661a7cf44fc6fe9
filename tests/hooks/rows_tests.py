"""Rules that act before a package is tested."""

from eessi_hooks import target as cpu

from tests.hooks.row import HOST, Row, ignored, on, while_testing

SIESTA = "|".join(
    f"Solvers-si-qdot-{solver}_mpi4_omp1"
    for solver in ("elsi-elpa-gpu", "elsi-elpa-1stage-gpu", "elpa-native-gpu", "elpa-native-1stage-gpu")
)

ROWS = (
    ignored("ESPResSo/4.2.1", HOST),
    ignored("FFTW.MPI/3.3.10", on(cpu.NEOVERSE_V1)),
    ignored("SciPy-bundle/2021.10", on(cpu.NEOVERSE_V1)),
    ignored("SciPy-bundle/2024.05", on(cpu.A64FX)),
    ignored("SciPy-bundle/2023.11", on(cpu.GRACE)),
    while_testing(
        "GROMACS/2024.4",
        on(cpu.GRACE),
        {"pretestopts": "export A=1 && export HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES=0 && "},
        pretestopts="export A=1 &&",
    ),
    while_testing(
        "Highway/1.0.3",
        on(cpu.NEOVERSE_V1),
        {"runtest": 'test ARGS="-E TestAllShiftRightLanes/SVE_256" '},
        runtest="test",
    ),
    while_testing("Perl/5.38.0", on(cpu.ZEN2, "2026.06"), {"$PERL_TEST_TIME_OUT_FACTOR": "10"}),
    while_testing("PyTorch/2.1.2", on(cpu.NEOVERSE_N1), {"max_failed_tests": 10}, max_failed_tests=0),
    while_testing("PyTorch/2.1.2", on(cpu.ICELAKE), {"max_failed_tests": 4}, max_failed_tests=0),
    while_testing(
        "Highway/1.0.3",
        on(cpu.GRACE),
        {"runtest": 'test ARGS="-E TestAllSumOfLanes" '},
        runtest="test",
    ),
    while_testing(
        "LAMMPS/22Jul2025",
        on(cpu.AARCH64_GENERIC, "2025.06"),
        {
            "test_cmd": 'ctest --no-tests=error -LE unstable -E "TestMliapPyUnified|AtomicPairStyle:meam_spline|'
            'KSpaceStyle:scafacos.*" || echo "failing tests are ignored by a rule of eessi_hooks"'
        },
        test_cmd=None,
    ),
    ignored("netCDF/4.9.2", on(cpu.NEOVERSE_V1)),
    ignored("OpenBabel/3.1.1", on(cpu.A64FX)),
    Row(
        at="pre_test",
        name="Siesta/5.4.2",
        target=HOST,
        options={"cuda_compute_capabilities": ["8.0"]},
        cfg={"versionsuffix": "-CUDA-12.6.0", "testopts": "--x -E 'a|b' --label 'c'"},
        changes={"testopts": f"--x -E 'a|b|{SIESTA}' --label 'c'"},
    ),
)
