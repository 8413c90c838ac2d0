// Whatever people paste, the token is found or nothing is sent.
import { expect, it } from "vitest";
import { tokenFrom } from "./token";

it.each([
  ["http://127.0.0.1:8000/signin#token=abc-DEF_123", "abc-DEF_123"],
  ["#token=abc%2B1", "abc+1"],
  ["  abcdefgh12345  ", "abcdefgh12345"],
  ["token=abcdefgh", "abcdefgh"],
  ["", null],
  ["what is a token?", null],
  ["http://127.0.0.1:8000/signin", null],
])("%s", (pasted, token) => expect(tokenFrom(pasted)).toBe(token));
