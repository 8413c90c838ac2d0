import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { keys, signedOut } from "./queries";

describe("signedOut", () => {
  it("keeps nothing of what was read, and says that nobody is signed in", () => {
    const client = new QueryClient();
    client.setQueryData(keys.session, { tenant: "t" });
    for (const key of [keys.documents, keys.conversation("c"), ["passage", "r", 1, null, null]]) client.setQueryData(key, "of somebody");
    signedOut(client);
    expect(client.getQueryCache().getAll().map((each) => [each.queryKey, each.state.data])).toEqual([[["session"], null]]);
  });
});
