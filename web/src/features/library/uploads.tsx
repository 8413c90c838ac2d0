// Files on their way to the server: a queue that survives moving between pages, two at a time, with progress.
import { ApiProblem, asProblem, problemFrom } from "@/shared/api/client";
import { keys, signedOut } from "@/shared/api/queries";
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
  again: (ids: readonly number[]) => void;
  dismiss: (ids: readonly number[]) => void;
}

type Job = FileToSend & { id: number; collection: string; batch: string | null };

const AT_ONCE = 2;
const Context = createContext<Uploads | null>(null);

/** What is given in while nobody is signed in waits. */
export function UploadsProvider({ signedIn, children }: { signedIn: boolean; children: ReactNode }) {
  const client = useQueryClient();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const queue = useRef<Job[]>([]);
  const jobs = useRef(new Map<number, Job>());
  const active = useRef(0);
  const nextId = useRef(1);
  const open = useRef(signedIn);

  const change = useCallback((id: number, patch: Partial<Upload>) => {
    setUploads((all) => all.map((each) => (each.id === id ? { ...each, ...patch } : each)));
  }, []);

  const run = useRef<() => void>(() => undefined);
  useEffect(() => {
    run.current = () => {
      while (open.current && active.current < AT_ONCE) {
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
          .catch((error: unknown) => {
            const problem = asProblem(error);
            if (problem.status === 401) {
              // The session ended: the files wait until there is one again.
              open.current = false;
              queue.current.unshift(job);
              signedOut(client);
            }
            change(job.id, problem.status === 401 ? { state: "waiting" } : { state: "failed", problem });
          })
          .finally(() => {
            active.current -= 1;
            run.current();
          });
      }
    };
  }, [change, client]);

  useEffect(() => {
    open.current = signedIn;
    run.current();
  }, [signedIn]);

  const going = uploads.some((each) => each.state === "sending" || each.state === "waiting");
  // The files are in this page alone until they are sent: the browser asks before it is left or loaded anew.
  useEffect(() => {
    if (!going) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [going]);

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
      again: (ids) => {
        const wanted = ids.map((id) => jobs.current.get(id)).filter((job) => job !== undefined);
        queue.current.push(...wanted);
        const chosen = new Set(wanted.map((job) => job.id));
        setUploads((all) => all.map((each) => (chosen.has(each.id) ? { ...each, state: "waiting" } : each)));
        run.current();
      },
      dismiss: (ids) => {
        const gone = new Set(ids);
        for (const id of gone) jobs.current.delete(id);
        setUploads((all) => all.filter((each) => !gone.has(each.id)));
      },
    }),
    [uploads],
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
      try {
        if (call.status < 300) resolve((JSON.parse(call.responseText) as { items: UploadedDocument[] }).items);
        else reject(problemFrom(call.status, call.responseText));
      } catch {
        reject(problemFrom(call.status, call.responseText)); // something in between answered
      }
    };
    call.onerror = () => {
      const detail = "The file could not be sent: the connection broke or the server refused it half way.";
      reject(new ApiProblem(0, { code: "unreachable", title: "Not sent", detail, remedy: "Try it again." }));
    };
    call.send(form);
  });
}
