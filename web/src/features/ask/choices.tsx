// Small lists below the question: who answers, and from which collection. Neither is there where there is nothing to choose.
import { BUILT_IN, BUILT_IN_WORDS } from "@/shared/api/assistants";
import type { Choices } from "./use-choices";

const LIST = "field-sizing-content max-w-56 min-w-0 truncate rounded-lg bg-transparent px-1.5 py-1.5 text-xs text-muted hover:bg-sunken";

export function AssistantChoice({ choices }: { choices: Choices }) {
  const { assistants, assistant, gone, chooseAssistant } = choices;
  if (assistants.length === 0 && gone === null) return null;
  return (
    <select
      aria-label="Who answers"
      data-testid="ask-assistant"
      title={assistants.find((each) => each.name === assistant)?.description}
      value={assistant}
      onChange={(event) => chooseAssistant(event.target.value)}
      className={LIST}
    >
      {gone !== null && <option value="">{gone} (gone)</option>}
      <option value={BUILT_IN} title="Answers from all that you may read">
        {BUILT_IN_WORDS}
      </option>
      {assistants.map((each) => (
        <option key={each.id} value={each.name} title={each.description}>
          {each.name}
        </option>
      ))}
    </select>
  );
}

export function CollectionChoice({ choices }: { choices: Choices }) {
  const { collections, collection, isOfSome, chooseCollection } = choices;
  if (collections.length < 2) return null;
  return (
    <select aria-label="Ask in" data-testid="ask-collection" value={collection} onChange={(event) => chooseCollection(event.target.value)} className={LIST}>
      <option value="">{isOfSome ? "All its collections" : "All collections"}</option>
      {collections.map((each) => (
        <option key={each.id} value={each.id}>
          {each.name}
        </option>
      ))}
    </select>
  );
}
