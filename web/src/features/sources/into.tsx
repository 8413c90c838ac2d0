// Which collection the documents of a new source go to: one that there is, or a new one.
import { collectionsQuery, createCollection } from "@/shared/api/queries";
import type { Collection } from "@/shared/api/types";
import { Field, typed } from "@/shared/ui/field";
import { ErrorNotice } from "@/shared/ui/notice";
import { Select } from "@/shared/ui/select";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

const USUAL = "default";
const NEW = "";

/** The id of the one that a form names; a new one is made, unless it was when the form was sent before. */
export async function chosenCollection(form: HTMLFormElement, known: Collection[], onMade: () => Promise<unknown>): Promise<string> {
  if (!form.elements.namedItem("collection")) throw new Error("It is not known yet which collections there are. Try again in a moment.");
  const chosen = typed(form, "collection");
  if (chosen !== NEW) return chosen;
  const name = typed(form, "new_collection").trim();
  const found = known.find((each) => each.name === name);
  if (found) return found.id;
  const made = await createCollection(name);
  await onMade();
  return made.id;
}

export function Into() {
  const collections = useQuery(collectionsQuery);
  const [chosen, choose] = useState<string | null>(null);
  if (collections.isError) return <ErrorNotice error={collections.error} />;
  if (!collections.data) return <div className="min-h-17" aria-busy="true" />;
  const usual = (collections.data.find((each) => each.name === USUAL) ?? collections.data[0])?.id ?? NEW;
  const value = chosen ?? usual;
  return (
    <div className="space-y-3">
      <Select label="Documents go to" name="collection" value={value} onChange={choose}>
        {collections.data.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
        <option value={NEW}>a new collection…</option>
      </Select>
      {value === NEW && (
        <Field
          label="Name of the new collection"
          name="new_collection"
          required
          maxLength={120}
          autoComplete="off"
          defaultValue={collections.data.length === 0 ? USUAL : ""}
          hint="Owners and admins alone see what is in it, until you share it in the Library."
        />
      )}
    </div>
  );
}
