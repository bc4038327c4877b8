"""The page of the mesh in a real Chromium, by clicks and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import chromium, meshes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Opens = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.browser

MAP = {"desktop": "svg.wide", "tablet": "svg.wide", "phone": "svg.tall"}


def texts(page: Any, selector: str) -> list[str]:
    """Return the texts of what is shown."""
    return [found.inner_text() for found in page.locator(selector).all() if found.is_visible()]


def box(page: Any, selector: str) -> dict[str, float]:
    found: dict[str, float] = page.locator(selector).bounding_box()
    return found


def focused(page: Any, attribute: str) -> str | None:
    found: str | None = page.evaluate(f"document.activeElement.getAttribute('{attribute}')")
    return found


@pytest.mark.parametrize("window", chromium.WINDOWS)
@pytest.mark.parametrize("clusters", meshes.SIZES)
def test_a_click_opens_a_cluster(mesh: Opens, clusters: int, window: str) -> None:
    with mesh(clusters, window) as page:
        assert page.locator(f"{MAP[window]} [data-cluster]").count() == clusters
        page.click(f"{MAP[window]} [data-cluster='1']")
        assert texts(page, "aside h2") == ["aks" if clusters == 2 else meshes.name(1)]
        [article] = texts(page, "aside article")
        assert ("waits for clusters/gke/remote-secrets/aks/sealed-secret.yaml" in article) is (clusters == 2)
        assert page.locator(".reads").count() == 2
        page.click(".close:visible")
        assert texts(page, "aside h2") == ["The mesh"]


@pytest.mark.parametrize("clusters", meshes.SIZES)
def test_everything_is_in_the_window(mesh: Opens, clusters: int) -> None:
    with mesh(clusters) as page:
        frame = box(page, "#map")
        boxes = page.evaluate(
            """() => [...document.querySelectorAll("svg.wide [data-cluster]")]
              .map((cluster) => cluster.getBoundingClientRect().toJSON())"""
        )
        assert all(b["left"] >= frame["x"] and b["right"] <= frame["x"] + frame["width"] for b in boxes)
        assert all(b["top"] >= frame["y"] and b["bottom"] <= frame["y"] + frame["height"] for b in boxes)


@pytest.mark.parametrize("window", chromium.WINDOWS)
def test_no_window_scrolls_sideways(mesh: Opens, window: str) -> None:
    with mesh(200, window) as page:
        for view in ("map", "chains", "policies"):
            page.click(f"#tab-{view}")
            wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1]


@pytest.mark.parametrize("clusters", meshes.SIZES)
def test_no_text_of_the_map_leaves_its_box(mesh: Opens, clusters: int) -> None:
    with mesh(clusters) as page:
        out = page.evaluate(
            """() => [...document.querySelectorAll("svg.wide text")].filter((text) => {
              const frame = text.parentNode.querySelector("rect");
              return frame && text.getBoundingClientRect().right > frame.getBoundingClientRect().right;
            }).map((text) => text.textContent)"""
        )
        assert out == []


def test_the_keyboard_alone(mesh: Opens) -> None:
    with mesh(20) as page:
        page.keyboard.press("Tab")
        assert focused(page, "id") == "tab-map"
        page.keyboard.press("ArrowRight")
        assert focused(page, "aria-controls") == "chains"
        assert page.is_visible("#chains")
        page.keyboard.press("Home")
        assert page.is_visible("#map")
        for _ in range(5):
            page.keyboard.press("Tab")
        assert focused(page, "data-cluster") == "0"
        page.keyboard.press("ArrowRight")
        first = focused(page, "data-cluster")
        assert first not in {"0", None}
        page.keyboard.press("ArrowLeft")
        assert focused(page, "data-cluster") == "0"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert texts(page, "aside h2") == [meshes.name(int(first or 0))]
        assert "Close the details" in str(focused(page, "aria-label"))
        page.keyboard.press("Escape")
        assert texts(page, "aside h2") == ["The mesh"]
        assert focused(page, "data-cluster") == first


@pytest.mark.parametrize("clusters", meshes.SIZES)
def test_arrows_reach_every_cluster(mesh: Opens, clusters: int) -> None:
    with mesh(clusters) as page:
        reached = page.evaluate(
            """() => {
              const seen = new Set(), waiting = ["0"];
              const at = (index) => document.querySelector(`svg.wide [data-cluster="${index}"]`);
              while (waiting.length) {
                const index = waiting.pop();
                if (seen.has(index)) continue;
                seen.add(index);
                for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) {
                  at(index).focus();
                  at(index).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                  waiting.push(document.activeElement.dataset.cluster);
                }
              }
              return seen.size;
            }"""
        )
        assert reached == clusters


def test_search(mesh: Opens) -> None:
    with mesh(200) as page:
        page.keyboard.press("/")
        page.keyboard.type("elastic WAITING")
        lost = page.locator("svg.wide .lost").count()
        waiting = [i for i in range(200) if meshes.waits(i) and i % 4 == 1]
        assert lost == 200 - len(waiting)
        assert page.text_content("#found") == f"{len(waiting)} of 200 clusters found"
        page.keyboard.press("Enter")
        assert texts(page, "aside h2") == [meshes.name(waiting[0])]
        page.click("#tab-chains")
        assert texts(page, "tbody th") == [meshes.name(i) for i in waiting]
        page.fill("#search", "nothing of that kind")
        page.click("#tab-map")
        assert page.is_visible(".none")
        page.press("#search", "Escape")
        assert page.input_value("#search") == ""
        assert page.locator(".lost").count() == 0


def test_chips_put_their_word_into_the_search(mesh: Opens) -> None:
    with mesh(20) as page:
        page.fill("#search", "google")
        page.click(".chip.leaving")
        assert page.input_value("#search") == "google leaving"
        assert page.locator("svg.wide .cluster:not(.lost)").count() == 2
        page.click(".chip.leaving")
        assert page.input_value("#search") == "google"


def test_zoom_and_pan(mesh: Opens) -> None:
    with mesh(20) as page:
        one = "svg.wide [data-cluster='5']"
        before = box(page, one)
        point = (before["x"] + 5, before["y"] + 5)
        page.mouse.move(*point)
        page.mouse.wheel(0, -400)
        page.wait_for_function(
            f"document.querySelector(`{one}`).getBoundingClientRect().width > {before['width'] * 1.5}"
        )
        larger = box(page, one)
        assert larger["x"] < point[0] < larger["x"] + larger["width"]
        page.mouse.down()
        page.mouse.move(point[0] + 60, point[1] + 40, steps=4)
        page.mouse.up()
        moved = box(page, one)
        assert moved["x"] - larger["x"] == pytest.approx(60, abs=5)
        assert moved["y"] - larger["y"] == pytest.approx(40, abs=5)
        assert texts(page, "aside h2") == ["The mesh"], "a drag is no click"
        page.keyboard.press("0")
        assert box(page, one)["width"] == pytest.approx(before["width"], rel=0.02)
        page.keyboard.press("+")
        assert box(page, one)["width"] > before["width"] * 1.2
        page.click("[aria-label='Show everything']")
        assert box(page, one)["width"] == pytest.approx(before["width"], rel=0.02)


def test_two_fingers(mesh: Opens) -> None:
    with mesh(20, "phone", has_touch=True) as page:
        one = "svg.tall [data-cluster='0']"
        before = box(page, one)["width"]
        session = page.context.new_cdp_session(page)
        y = box(page, "#map")["y"] + 100
        for kind, gap in (("touchStart", 40), ("touchMove", 60), ("touchMove", 90), ("touchMove", 120)):
            points = [{"x": 200 - gap, "y": y, "id": 1}, {"x": 200 + gap, "y": y, "id": 2}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert box(page, one)["width"] > before * 1.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_switch(mesh: Opens, scheme: str) -> None:
    def light(page: Any) -> bool:
        colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        return int(colour.removeprefix("rgb(").split(",")[0]) > 128

    with mesh(2, scheme=scheme) as page:
        assert light(page) is (scheme == "light")
        page.click("#theme")
        assert light(page) is (scheme != "light")
        page.reload()
        chromium.ready(page)
        assert light(page) is (scheme != "light"), "the choice is remembered"


def test_chains_and_policies(mesh: Opens) -> None:
    with mesh(20) as page:
        page.click("#tab-chains")
        states = page.locator("tbody tr").nth(4).locator("td .unseen").all_text_contents()
        assert states == ["open", "waits", "withheld", "withheld", "withheld", "withheld"]
        page.click(f"tbody >> text={meshes.name(4)}")
        assert texts(page, "aside h2") == [meshes.name(4)]
        page.click("#tab-policies")
        [shown] = texts(page, "#policies")
        assert "service account shop/cart" in shown
        assert "may not call" in shown


def test_who_holds_whose_secret(mesh: Opens) -> None:
    with mesh(20) as page:
        page.click("svg.wide [data-cluster='0']")
        assert "holds 17 of 19" in page.inner_text("aside")
        page.click("summary:visible")
        page.click(f"aside details >> text={meshes.name(4)}")
        assert "is to hold it: not sealed yet" in page.inner_text("aside")
        page.click(f"aside .link:visible >> text={meshes.name(0)}")
        assert texts(page, "aside h2") == [meshes.name(0)]


def test_without_scripts_everything_can_be_read(mesh: Opens) -> None:
    with mesh(2, java_script_enabled=False) as page:
        for view in ("#map", "#chains", "#policies"):
            assert page.is_visible(view)
