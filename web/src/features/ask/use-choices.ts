// Who is asked, and in which collection: what there is to choose, what is chosen, and what of it goes with the question.
import { type Assistant, assistantsQuery, BUILT_IN } from "@/shared/api/assistants";
import { collectionsQuery } from "@/shared/api/queries";
import type { AssistantNamed } from "@/shared/api/types";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Asked } from "./use-ask";

interface Named {
  id: string;
  name: string;
}

export interface Choices {
  assistants: Assistant[];
  /** By name; "" is that of the conversation, which is gone. */
  assistant: string;
  /** What the assistant of the conversation was called, where it is gone. */
  gone: string | null;
  /** Those that whoever answers answers from; there is a choice where they are more than one. */
  collections: Named[];
  collection: string;
  /** Only some that the asker may read are answered from. */
  isOfSome: boolean;
  asked: Pick<Asked, "assistant" | "collection">;
  chooseAssistant: (name: string) => void;
  chooseCollection: (id: string) => void;
}

/** A conversation goes on with the assistant of its last answer until another one is chosen, and the server knows which that is. */
export function useChoices(before: AssistantNamed | null): Choices {
  const [chosen, chooseAssistant] = useState<string | null>(null);
  const [wanted, chooseCollection] = useState("");
  const known = useQuery(assistantsQuery).data;
  const all = useQuery(collectionsQuery).data ?? [];
  const assistants = known ?? [];
  const called = chosen === BUILT_IN ? chosen : assistants.find((each) => each.name === chosen)?.name;
  const itsOwn = before ? assistants.find((each) => each.id === before.id)?.name : BUILT_IN;
  const assistant = called ?? itsOwn ?? "";
  const some = assistants.find((each) => each.name === assistant)?.collections ?? null;
  const collections: Named[] = some ?? all;
  const collection = collections.length > 1 && collections.some((each) => each.id === wanted) ? wanted : "";
  return {
    assistants,
    assistant,
    gone: known && before && itsOwn === undefined ? before.name : null,
    collections,
    collection,
    isOfSome: some !== null,
    asked: { ...(called !== undefined && { assistant: called }), ...(collection && { collection }) },
    chooseAssistant,
    chooseCollection,
  };
}
