"""What a stack leaves out on purpose: under `exclude` in a header, or as known issues, in EESSI's own form."""

from collections.abc import Iterator

from eessi_stack.easystack import selector
from eessi_stack.easystack.sheet import LeftOut
from eessi_stack.easystack.yaml_nodes import Findings, Mapping, Node, Scalar, Sequence, is_absent, quote

EXCLUSION = ("easyconfig", "reason", "issue", "targets")
KNOWN_ISSUE = ("issue", "info")


def are_known_issues(root: Node) -> bool:
    """Whether a document is a list of targets, not of the easyconfigs that somebody forgot to write a key above."""
    items = root.items if isinstance(root, Sequence) else ()
    keys = [key for item in items if isinstance(item, Mapping) for key, _ in item.pairs]
    return any(isinstance(key, Scalar) and not key.text.endswith(".eb") for key in keys)


class Exclusions(Findings):
    """Takes exclusions, and the selectors that they and headers have."""

    def known_issues(self, root: Node) -> Iterator[LeftOut]:
        """`- CPU-TARGET:`, below it `- EASYCONFIG:`, below that `- issue: URL` and `- info: TEXT`."""
        for item in self.items(root, "a list of known issues"):
            for target, issues in self.fields(item, "a target with known issues").items():
                selectors = tuple(one for one in (self.selector(target),) if one != selector.ALL)
                for issue in self.items(issues, f"the known issues of {quote(target.text)}"):
                    for name, details in self.fields(issue, "a known issue").items():
                        yield self.known_issue(name, details, selectors)

    def known_issue(self, name: Scalar, node: Node, targets: tuple[str, ...]) -> LeftOut:
        parts = node.items if isinstance(node, Sequence) else (node,)
        facts = [fact for part in parts for fact in self.known_fields(part, "a known issue", KNOWN_ISSUE).items()]
        links = [self.url(value) for key, value in facts if key == "issue"]
        texts = [self.text(value, "`info`") for key, value in facts if key == "info"]
        if not facts:
            cause = f"{quote(name.text)} is known to have issues, but not which"
            self.refuse(name.line, "exclusion", cause, "write `- issue: URL` and `- info: TEXT` below it")
        also = f" (also {', '.join(links[1:])})" if links[1:] else ""
        return LeftOut(
            easyconfig=self.text(name, "an easyconfig"),
            reason=("; ".join(texts) or "known issue") + also,
            issue=links[0] if links else "",
            targets=targets,
            line=name.line,
        )

    def exclusion(self, node: Node) -> LeftOut:
        """Take one of a header."""
        fields = self.known_fields(node, "an exclusion", EXCLUSION)
        for key in ("easyconfig", "reason"):
            if key not in fields and (isinstance(node, Mapping) or is_absent(node)):
                self.refuse(node.line, "exclusion", f"an exclusion without `{key}`", "say what is left out, and why")
        return LeftOut(
            easyconfig=self.text(fields.get("easyconfig"), "`easyconfig`"),
            reason=self.text(fields.get("reason"), "`reason`"),
            issue=self.url(fields.get("issue")),
            targets=self.selectors(fields.get("targets")),
            line=node.line,
        )

    def url(self, node: Node | None) -> str:
        url = self.text(node, "`issue`")
        if node and url and not url.startswith(("https://", "http://")):
            self.refuse(node.line, "exclusion", f"`issue` is {quote(url)}, not a URL")
        return url

    def selectors(self, node: Node | None) -> tuple[str, ...] | None:
        """Take a list of selectors: none of them means all targets; None where the list is absent or left empty."""
        items = self.items(node, "`targets`")
        if not items:
            return None
        named = [self.selector(item) for item in items]
        return () if selector.ALL in named else tuple(dict.fromkeys(named))

    def selector(self, node: Node) -> str:
        """Take a selector, by today's names."""
        text = self.text(node, "a target")
        found = selector.ALL if text == selector.ALL else selector.today(text)
        if text and found is None:
            near = selector.nearest(text)
            hint = f"did you mean `{near}`?" if near else f"write {selector.EXAMPLES} or `{selector.ALL}`"
            self.refuse(node.line, "target", f"{quote(text)} is not a target", hint)
        return found or text
