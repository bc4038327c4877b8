"""kubectl, kubeseal and istioctl that answer from files, for what asks live clusters.

An answer lies in FOLDER/CONTEXT/KIND/NAME (of a list, the selector is the name). A file that ends in `.error` is what
the program says as it fails; where there is neither, the object is not there. What was asked is noted in FOLDER/asked.
Of istioctl and kubeseal the kind is the program, and the name what it is to do: `remote-clusters`, `seal`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

KUBECTL = """\
#!/bin/sh
context=none name=list kind=
echo "kubectl $*" >> "$MCGEN_ANSWERS/asked"
for word in "$@"; do
  case $word in
    --context=*) context=${word#*=} ;;
    --kubeconfig=*) context=$(basename "${word#*=}") ;;
    --raw=*) kind=raw name=$(basename "${word#*=}") ;;
    --selector=*) name=${word#*=} ;;
    get|config|--*) ;;
    version) exit 0 ;;
    *) if [ -z "$kind" ]; then kind=$word; else name=$word; fi ;;
  esac
done
name=$(echo "$name" | tr / _)
answer=$MCGEN_ANSWERS/$context/${kind%%.*}/$name
for error in "$MCGEN_ANSWERS/$context/all.error" "$answer.error"; do
  if [ -e "$error" ]; then cat "$error" >&2; exit 1; fi
done
if [ -e "$answer" ]; then exec cat "$answer"; fi
echo "Error from server (NotFound): $kind \\"$name\\" not found" >&2
exit 1
"""
KUBESEAL = """\
#!/bin/sh
context=none action=version
echo "kubeseal $*" >> "$MCGEN_ANSWERS/asked"
for word in "$@"; do
  case $word in
    --context=*) context=${word#*=} ;;
    --fetch-cert) action=certificate ;;
    --validate) action=validate; cat > /dev/null ;;
    --cert=*) action=seal; cat > /dev/null ;;
  esac
done
answer=$MCGEN_ANSWERS/$context/kubeseal/$action
if [ -e "$answer.error" ]; then cat "$answer.error" >&2; exit 1; fi
# No text is sealed twice.
random=$(od -An -N12 -tx1 /dev/urandom | tr -d ' ')
if [ -e "$answer" ]; then exec sed "s/\\(: Ag[A-D].\\{20\\}\\).\\{24\\}/\\1$random/" "$answer"; fi
"""
ISTIOCTL = """\
#!/bin/sh
if [ "$1" = version ]; then exec cat "$MCGEN_ANSWERS/istioctl"; fi
context=none
echo "istioctl $*" >> "$MCGEN_ANSWERS/asked"
for word in "$@"; do
  case $word in
    --context=*) context=${word#*=} ;;
  esac
done
answer=$MCGEN_ANSWERS/$context/istioctl/$1
if [ -e "$answer.error" ]; then cat "$answer.error" >&2; exit 1; fi
if [ -e "$answer" ]; then exec cat "$answer"; fi
"""
PROGRAMS = {"kubectl": KUBECTL, "kubeseal": KUBESEAL, "istioctl": ISTIOCTL}


class Answers:
    """A folder of answers; `programs` is what goes to the front of PATH, MCGEN_ANSWERS names the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir(parents=True)
        for name, script in PROGRAMS.items():
            program = self.programs / name
            program.write_text(script)
            program.chmod(0o755)
        (folder / "istioctl").write_text("1.31.1\n")

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.programs}:/usr/bin:/bin", "MCGEN_ANSWERS": str(self.folder)}

    def set(self, context: str, kind: str, name: str, answer: Any) -> None:
        """Let an object be there: a text as it is, anything else as JSON."""
        file = self._file(context, kind, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(answer if isinstance(answer, str) else json.dumps(answer))

    def get(self, context: str, kind: str, name: str) -> Any:
        """Return an object that was set."""
        return json.loads(self._file(context, kind, name).read_text())

    def remove(self, context: str, kind: str, name: str) -> None:
        self._file(context, kind, name).unlink()

    def asked(self) -> str:
        """Return the command lines so far."""
        return (self.folder / "asked").read_text()

    def _file(self, context: str, kind: str, name: str) -> Path:
        return self.folder / context / kind.lower() / name.replace("/", "_")
