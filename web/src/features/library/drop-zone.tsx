// The whole page takes what is dropped on it; the browser would leave the app for the file.
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { droppedFiles } from "./files";
import { useUploads } from "./uploads";

interface Props {
  collection: string;
  /** Whether who is signed in may add anything at all. */
  takes: boolean;
  /** Something was dropped and is on its way. */
  onTaken?: () => void;
  children: ReactNode;
}

export function DropZone({ collection, takes, onTaken, children }: Props) {
  const { send } = useUploads();
  const [over, setOver] = useState(false);
  const [failed, setFailed] = useState(false);
  const depth = useRef(0);
  const carriesFiles = (event: DragEvent): boolean => takes && event.dataTransfer.types.includes("Files");
  const enter = (by: number) => {
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return (
    <div
      data-testid="drop-zone"
      className="relative h-full overflow-y-auto"
      onDragEnter={(event) => carriesFiles(event) && enter(1)}
      onDragLeave={(event) => carriesFiles(event) && enter(-1)}
      onDragOver={(event) => carriesFiles(event) && event.preventDefault()}
      onDrop={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        enter(-depth.current);
        setFailed(false);
        droppedFiles(event.dataTransfer).then(
          (files) => {
            send(files, collection);
            onTaken?.();
          },
          () => setFailed(true),
        );
      }}
    >
      {failed && (
        <p role="alert" className="mx-auto mt-4 max-w-[64rem] px-4 text-sm text-bad sm:px-8">
          What was dropped could not be read, so nothing was added. Check that the files are still there, or choose them with “Add files”.
        </p>
      )}
      {children}
      {over && (
        <div className="pointer-events-none fixed inset-4 z-40 grid place-items-center rounded-3xl border-2 border-dashed border-accent bg-paper/90">
          <p className="font-serif text-3xl font-semibold text-accent">Let go to add</p>
        </div>
      )}
    </div>
  );
}
