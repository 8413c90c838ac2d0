// Files on their way to the server: a queue that survives moving between pages, two at a time, with progress.
import { ApiProblem, problemFrom } from "@/shared/api/client";
import { keys } from "@/shared/api/queries";
import type { DocumentRow, UploadedDocument } from "@/shared/api/types";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { batchName, type FileToSend } from "./files";
import { asEvents, mergeEvents } from "./use-documents";

export interface Upload {
  id: number;
  source: string;
  size: number;
  sent: number;
  state: "waiting" | "sending" | "done" | "failed";
  outcome: UploadedDocument["outcome"] | null;
  problem: ApiProblem | null;
}

interface Uploads {
  uploads: Upload[];
  send: (files: FileToSend[], collection: string) => void;
  again: (id: number) => void;
  dismiss: (id: number) => void;
}

type Job = FileToSend & { id: number; collection: string; batch: string | null };

const AT_ONCE = 2;
const Context = createContext<Uploads | null>(null);

export function UploadsProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const queue = useRef<Job[]>([]);
  const jobs = useRef(new Map<number, Job>());
  const active = useRef(0);
  const nextId = useRef(1);

  const change = useCallback((id: number, patch: Partial<Upload>) => {
    setUploads((all) => all.map((each) => (each.id === id ? { ...each, ...patch } : each)));
  }, []);

  const run = useRef<() => void>(() => undefined);
  useEffect(() => {
    run.current = () => {
      while (active.current < AT_ONCE) {
        const job = queue.current.shift();
        if (!job) return;
        active.current += 1;
        change(job.id, { state: "sending", sent: 0, problem: null });
        sendFile(job, (sent) => change(job.id, { sent }))
          .then((documents) => {
            change(job.id, { state: "done", sent: job.file.size, outcome: documents[0]?.outcome ?? "created" });
            jobs.current.delete(job.id);
            // The list is not asked for again at each of thousands of files: what came of this one is known.
            client.setQueryData<DocumentRow[]>(keys.documents, (all) => all && mergeEvents(all, asEvents(documents)));
            if (job.batch !== null) void client.invalidateQueries({ queryKey: keys.batches }, { cancelRefetch: false });
          })
          .catch((problem: unknown) => change(job.id, { state: "failed", problem: problem as ApiProblem }))
          .finally(() => {
            active.current -= 1;
            run.current();
          });
      }
    };
  }, [change, client]);

  const value = useMemo<Uploads>(
    () => ({
      uploads,
      send: (files, collection) => {
        const batch = batchName(files);
        const added = files.map((file) => ({ ...file, collection, batch, id: nextId.current++ }));
        for (const job of added) jobs.current.set(job.id, job);
        queue.current.push(...added);
        const rows = added.map(({ id, source, file }): Upload => {
          return { id, source, size: file.size, sent: 0, state: "waiting", outcome: null, problem: null };
        });
        setUploads((all) => [...all.filter((each) => each.state !== "done"), ...rows]);
        run.current();
      },
      again: (id) => {
        const job = jobs.current.get(id);
        if (!job) return;
        queue.current.push(job);
        change(id, { state: "waiting" });
        run.current();
      },
      dismiss: (id) => {
        jobs.current.delete(id);
        setUploads((all) => all.filter((each) => each.id !== id));
      },
    }),
    [uploads, change],
  );
  return <Context value={value}>{children}</Context>;
}

export function useUploads(): Uploads {
  const value = useContext(Context);
  if (!value) throw new Error("useUploads needs the UploadsProvider above it");
  return value;
}

/** XMLHttpRequest, because fetch does not tell how much was sent. The fields come before the file: the server streams. */
function sendFile(job: Job, onProgress: (sent: number) => void): Promise<UploadedDocument[]> {
  const form = new FormData();
  if (job.collection) form.append("collection", job.collection);
  if (job.batch !== null) form.append("batch", job.batch);
  form.append("source", job.source);
  form.append("file", job.file, job.file.name);
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", "/v1/documents");
    call.setRequestHeader("Accept", "application/json");
    call.upload.onprogress = (event) => onProgress(event.loaded);
    call.onload = () => {
      if (call.status < 300) resolve((JSON.parse(call.responseText) as { items: UploadedDocument[] }).items);
      else reject(problemFrom(call.status, call.responseText));
    };
    call.onerror = () => {
      const detail = "The file could not be sent: the connection broke or the server refused it half way.";
      reject(new ApiProblem(0, { code: "unreachable", title: "Not sent", detail, remedy: "Try it again." }));
    };
    call.send(form);
  });
}
