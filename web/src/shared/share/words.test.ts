// A grant is named as people name it.
import { expect, it } from "vitest";
import { choices, foundWords, granteeName } from "./words";

const names = new Map([["1", "Ada"]]);

it("names users, groups, everyone and who is gone", () => {
  expect(granteeName({ kind: "user", grantee: "1" }, names)).toBe("Ada");
  expect(granteeName({ kind: "group", grantee: "1" }, names)).toBe("Ada (group)");
  expect(granteeName({ kind: "everyone", grantee: "all" }, names)).toBe("Everyone");
  expect(granteeName({ kind: "user", grantee: "2" }, names)).toBe("somebody who is gone");
});

it("offers everyone where what was typed begins so", () => {
  const eve = { id: "1", kind: "user" as const, name: "Eve" };
  expect(choices("eve", [eve])).toEqual([
    { kind: "everyone", grantee: "all" },
    { kind: "user", grantee: "1" },
  ]);
  expect(choices(" ", [])).toEqual([]);
  expect(choices("eva", [])).toEqual([]);
});

it("says what was found of personal data, most first", () => {
  expect(foundWords({ mail: 2, card: 5, new: 1 })).toBe("card numbers (5), e-mail addresses (2), new (1)");
  expect(foundWords({})).toBe("");
  expect(foundWords(null)).toBe("");
});
