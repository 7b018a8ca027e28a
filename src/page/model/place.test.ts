import { expect, it } from "vitest";
import { hashOfWalk, placeOf } from "./place.js";

it.each([
  { pad: "office", id: "2026-11-22T10:00:00.000Z-1" },
  { pad: "attic", id: "a/b#c %zz ü" },
])("the address of a walk leads to it: $id", (walk) => {
  expect(placeOf(hashOfWalk(walk))).toEqual({ view: "history", walk });
});

it.each([
  ["", "walk"],
  ["#walk", "walk"],
  ["#historyx", "walk"],
  ["#history", "history"],
  ["#history/", "history"],
  ["#history/office", "history"],
  ["#history/office/", "history"],
  ["#history//1", "history"],
  ["#history/office/%zz", "history"],
])("%s shows the view %s and no walk", (hash, view) => {
  expect(placeOf(hash)).toEqual(view === "walk" ? { view } : { view, walk: null });
});
