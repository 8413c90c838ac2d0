// Adding: which collection, which files or folders, and a new collection when none fits.
import { collectionsQuery, createCollection, keys } from "@/shared/api/queries";
import type { Collection } from "@/shared/api/types";
import { ShareDialog } from "@/shared/share/share-dialog";
import { useCanWrite } from "@/shared/share/use-can-write";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { ErrorNotice } from "@/shared/ui/notice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FolderUp, Plus, Upload, Users } from "lucide-react";
import { useRef, useState } from "react";
import { pickedFiles } from "./files";
import { useUploads } from "./uploads";

interface Props {
  /** The collection that is shown and added to; "" means all, and adds to the default one. */
  collection: string;
  onCollection: (id: string) => void;
}

export function AddBar({ collection, onCollection }: Props) {
  const { send } = useUploads();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const collections = useQuery(collectionsQuery).data ?? [];
  const [naming, setNaming] = useState(false);
  const [sharing, setSharing] = useState(false);
  const chosen = collections.find((each) => each.id === collection);
  const canWrite = useCanWrite();
  const take = (input: HTMLInputElement) => {
    send(pickedFiles(input.files), collection);
    input.value = "";
  };
  return (
    <div className="flex flex-wrap items-center gap-2 [&_svg]:size-4">
      <select
        aria-label="Collection"
        data-testid="collection"
        value={collection}
        onChange={(event) => onCollection(event.target.value)}
        className="min-h-9 max-w-44 truncate rounded-lg border border-strong bg-raised px-2.5 text-sm"
      >
        <option value="">All collections</option>
        {collections.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </select>
      {canWrite && (
        <>
          {chosen && (
            <Button look="quiet" data-testid="share-collection" onClick={() => setSharing(true)}>
              <Users aria-hidden /> Share
            </Button>
          )}
          <Button look="quiet" onClick={() => setNaming(true)}>
            <Plus aria-hidden /> Collection
          </Button>
          <input
            ref={files}
            type="file"
            multiple
            data-testid="upload-input"
            aria-label="Choose files to add"
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => take(event.currentTarget)}
          />
          <input
            ref={folder}
            type="file"
            data-testid="upload-folder-input"
            aria-label="Choose a folder to add"
            tabIndex={-1}
            className="sr-only"
            {...{ webkitdirectory: "" }}
            onChange={(event) => take(event.currentTarget)}
          />
          <Button onClick={() => folder.current?.click()}>
            <FolderUp aria-hidden /> Folder
          </Button>
          <Button look="primary" onClick={() => files.current?.click()}>
            <Upload aria-hidden /> Add files
          </Button>
        </>
      )}
      {sharing && chosen && <ShareDialog shared={`collections/${chosen.id}`} name={chosen.name} onClose={() => setSharing(false)} />}
      {naming && <NewCollection onMade={(made) => onCollection(made.id)} onClose={() => setNaming(false)} />}
    </div>
  );
}

function NewCollection({ onMade, onClose }: { onMade: (made: Collection) => void; onClose: () => void }) {
  const client = useQueryClient();
  const making = useMutation({
    mutationFn: createCollection,
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.collections });
      onMade(made);
      onClose();
    },
  });
  return (
    <Dialog title="New collection" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get("name");
          if (typeof name === "string" && name.trim()) making.mutate(name.trim());
        }}
      >
        <p className="mt-2 text-sm leading-relaxed text-muted">A collection is a set of documents that can be asked on its own.</p>
        <input
          name="name"
          autoFocus
          required
          maxLength={120}
          aria-label="Name"
          placeholder="Contracts 2026"
          className="mt-4 min-h-10 w-full rounded-lg border border-strong bg-paper px-3 text-sm"
        />
        {making.isError && (
          <div className="mt-3">
            <ErrorNotice error={making.error} />
          </div>
        )}
        <div className="mt-5 flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" look="primary" disabled={making.isPending}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
