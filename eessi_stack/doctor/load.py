"""Loads modules as users of a tree do."""

from collections.abc import Iterable, Iterator, Sequence

from eessi_stack import caches
from eessi_stack.doctor.check import Check, error, ok
from eessi_stack.eb import trial
from eessi_stack.observe import Observer
from eessi_stack.place import Place


def user_of(place: Place) -> dict[str, str]:
    """The environment of a user of the tree, as far as Lmod looks at it."""
    kept = ("PATH", "HOME", "USER", "LANG", "EESSI_", "EPREFIX")
    folder = place.tree.prefix(place.target.cpu_only) / ".lmod"
    chosen = {name: value for name, value in place.environment.items() if name.startswith(kept)}
    return {**chosen, "LMOD_RC": str(folder / "lmodrc.lua"), "LMOD_PACKAGE_PATH": str(folder)}


def sample(modules: Sequence[str], size: int) -> list[str]:
    """Modules from all over the list, the same ones each time."""
    return [modules[at * len(modules) // size] for at in range(size)] if size < len(modules) else list(modules)


def load(place: Place, size: int | None) -> Iterator[Check]:
    """Load modules, each as a user does who has nothing else loaded: all of them, or a sample of a size."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (slow to import)

    command = caches.find_lmod(place)
    seen = Observer(place.settings.cache_dir).everything(place)
    there = sorted(seen.modules | seen.incomplete)  # users see both
    chosen, user = sample(there, size) if size else there, user_of(place)
    if not chosen:
        yield error("modules", f"no modules in {place.layers[-1]}")
        return
    pool = ThreadPoolExecutor(place.settings.cores)
    try:
        trials = list(pool.map(lambda module: trial.load(command, place.layers, module, user), chosen))
    finally:
        pool.shutdown(cancel_futures=True)
    yield from _loaded(chosen, trials)


def _loaded(chosen: Sequence[str], trials: Iterable[trial.Trial]) -> Iterator[Check]:
    failed = [(module, one.said) for module, one in zip(chosen, trials, strict=True) if not one.good]
    yield from (error(module, f"does not load: {said}") for module, said in failed)
    good = len(chosen) - len(failed)
    if good:
        yield ok("modules", f"{good} of {len(chosen)} that were tried load")
