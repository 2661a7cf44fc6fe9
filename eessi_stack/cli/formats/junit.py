"""The answer as JUnit's XML: a suite a target, a case an entry. Pure."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from eessi_stack.cli.formats.findings import BAD, at_entries
from eessi_stack.cli.formats.report import Report, trouble
from eessi_stack.cli.formats.words import drifted, parts, quoted
from eessi_stack.model import Answer, Comparison, Request, State, Verdict

#: State → the element that stands in a case of it; an installed entry has none.
ELEMENTS = {State.ERROR: "error", State.MISSING: "failure", State.BROKEN: "failure", State.EXCLUDED: "skipped"}


def render(report: Report) -> str:
    root = Element("testsuites", name="eessi-stack missing")
    for answer in report.answers:
        root.append(_suite(answer))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    indent(root)
    written: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return written.decode("ascii")


def _suite(answer: Answer) -> Element:
    suite = Element("testsuite", name=str(answer.target))
    properties = SubElement(suite, "properties")
    for name, value in (("prefix", str(answer.prefix)), ("note", answer.note)):
        if value:
            SubElement(properties, "property", name=name, value=quoted(value))
    if trouble(answer) or answer.comparison is None:
        case = SubElement(suite, "testcase", classname=str(answer.target), name="missing")
        _element(case, "error", parts(trouble(answer)))
    else:
        _judge(suite, answer.comparison)
    for key, name in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{name}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    return suite


def _judge(suite: Element, told: Comparison) -> None:
    """A case an entry, and one a bad package that no entry leads to; what drifted is said beside them."""
    needs: dict[Request | None, list[Verdict]] = {}
    for entry, one in at_entries(told, *BAD):
        if entry is None or entry not in one.requests:
            needs.setdefault(entry, []).append(one)
    target = str(told.target)
    for entry, one in told.requests:
        case = SubElement(suite, "testcase", classname=target, name=quoted(entry.easyconfig))
        case.set("file", quoted(entry.file))
        case.set("line", str(entry.line))
        _outcome(case, entry, [one, *needs.get(entry, ())])
    for one in needs.get(None, ()):
        case = SubElement(suite, "testcase", classname=target, name=quoted(one.package.module))
        _element(case, ELEMENTS[one.state], [_said(one)])
    drift = [f"drift: {one.package.module}: {drifted(one)}" for one in told.of(State.DRIFT)]
    if drift:
        SubElement(suite, "system-out").text = "\n".join(map(quoted, drift))


def _outcome(case: Element, entry: Request, verdicts: list[Verdict]) -> None:
    """What an entry's own package is, and what is bad of all that it needs: an error weighs most."""
    states = {one.state for one in verdicts}
    bad = [one for one in verdicts if one.state in BAD]
    if bad:
        _element(case, ELEMENTS[State.ERROR if State.ERROR in states else State.MISSING], map(_said, bad))
    elif State.EXCLUDED in states:
        _element(case, "skipped", map(_said, verdicts))
    elif entry.rebuild:
        _element(case, "skipped", ["asks that it be built again, and for nothing new"])


def _element(case: Element, name: str, sentences: Iterable[str]) -> None:
    first, *others = map(quoted, sentences)
    made = SubElement(case, name, message=first)
    if others:
        made.text = "\n".join((first, *others))


def _said(one: Verdict) -> str:
    return f"{one.package.module}: {one.state}" + (f", {one.reason}" if one.reason else "")
