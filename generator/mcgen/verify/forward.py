"""Pages of istiod and of Envoys, which answer nobody but their own pod: fetched through a port-forward of kubectl."""

from __future__ import annotations

import contextlib
import http.client
import re
from typing import TYPE_CHECKING, Any

import orjson

from mcgen import proc
from mcgen.bootstrap.kube import NoAnswer, Why, why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcgen.doctor.ask import Client

# Where Envoy's admin pages and istiod's debug pages are.
ENVOY, ISTIOD = 15000, 15014
_WHOSE = {ENVOY: "an Envoy", ISTIOD: "an istiod"}
_PORT = re.compile(r"127\.0\.0\.1:([0-9]+) ->")


@contextlib.contextmanager
def pages(client: Client, namespace: str, pod: str, port: int) -> Iterator[Callable[[str], Any]]:
    """Yield a function from a path to the JSON that a port of a pod answers with; raises NoAnswer, as it does.

    So it does, too, when what is read from the pages inside is not there, or of another form.
    """
    where = [f"--namespace={namespace}", f"pod/{pod}", f":{port}", "--address=127.0.0.1"]
    argv = ["kubectl", *client.access.options, "port-forward", *where]
    title = f"{client.access.cluster}: port-forward to {namespace}/{pod}"
    try:
        with proc.beside(argv, timeout=client.timeout, pass_fds=client.access.descriptors) as line:
            found = _PORT.search(line)
            if found is None:
                raise NoAnswer(Why.OTHER, f"{title}: kubectl says '{line}'")
            yield lambda path: _get(int(found[1]), path, client.timeout, title)
    except proc.TimedOut as error:
        raise NoAnswer(Why.UNREACHABLE, f"{title}: {error}") from error
    except proc.EndedEarly as error:
        raise NoAnswer(why(str(error)), f"{title}: {error}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise NoAnswer(Why.OTHER, f"{title}: the pages are not those of {_WHOSE[port]}") from error


def _get(port: int, path: str, timeout: float, title: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(Why.UNREACHABLE, f"{title}: {path}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise NoAnswer(Why.OTHER, f"{title}: {path} answers {answer.status}")
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise NoAnswer(Why.OTHER, f"{title}: {path} is no JSON") from error
