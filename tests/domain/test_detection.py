"""Detection: what signs come to, and how menus are named."""

from __future__ import annotations

from switchhook.domain.detection import Detected, FoundMenu, Inventory, MenuSign, detect, with_menus_named

INVENTORY = Inventory(
    version="22.1.0", devices=("201", "tenant-102", "provider", "doorbell"),
    hints={"201": ("201",), "102": ("tenant-102",)}, trunk_signs={"provider": "It is FreePBX's trunk 1."},
    menus=(FoundMenu(place="survey", sign=MenuSign.TOLD, name="NPS"),
           FoundMenu(place="ivr-1", sign=MenuSign.PLACE, options=("1", "2"))), refused=("ShowDialPlan: no",))


def test_signs_make_a_trunk_and_lamps_make_a_phone() -> None:
    detected = detect(INVENTORY)
    assert [(one.device, one.certain) for one in detected.trunks] == [("provider", True), ("doorbell", False)]
    assert [(one.device, one.extension) for one in detected.phones] == [("201", "201"), ("tenant-102", "102")]


def test_menus_that_are_to_be_named_come_first() -> None:
    assert [menu.place for menu in detect(INVENTORY).menus] == ["ivr-1", "survey"]


def test_what_was_detected_goes_through_json_and_back() -> None:
    detected = detect(INVENTORY)
    assert Detected.from_json(detected.as_json()) == detected


def test_a_menu_that_is_named_stands_before_the_patterns() -> None:
    before = [["desk", "Desk"], ["ivr-*", ""], ["*-menu", ""]]
    assert with_menus_named(before, {"ivr-2": "Support", "desk": "Reception"}) == [
        ["desk", "Reception"], ["ivr-2", "Support"], ["ivr-*", ""], ["*-menu", ""]]
    assert with_menus_named(before, {}, ["desk"]) == [["ivr-*", ""], ["*-menu", ""]]
    assert with_menus_named([], {"ivr-2": ""}) == [["ivr-2", ""]]
