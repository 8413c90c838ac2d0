// Finds the files in what was dropped or picked, folders included, and says how they are sent.

export interface FileToSend {
  file: File;
  /** The name, with the folders below the one that was chosen. */
  source: string;
}

/** Files that systems leave behind; nobody means to add them. */
const LITTER = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$|~\$)/;

const wanted = (each: FileToSend): boolean => !LITTER.test(each.source);

/** So many files at once are a batch of their own. */
const MANY = 10;

/** What files that are sent together are called as a batch; null for a few. */
export function batchName(files: readonly { source: string }[], now = new Date()): string | null {
  if (files.length < MANY) return null;
  const tops = new Set(files.map(({ source }) => (source.includes("/") ? source.slice(0, source.indexOf("/")) : "")));
  const [top] = tops;
  const what = tops.size === 1 && top ? top : `${files.length} files`;
  return `${what.slice(0, 120)}, ${now.toLocaleString()}`;
}

export function pickedFiles(list: FileList | null): FileToSend[] {
  return [...(list ?? [])].map((file) => ({ file, source: file.webkitRelativePath || file.name })).filter(wanted);
}

export async function droppedFiles(transfer: DataTransfer): Promise<FileToSend[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return pickedFiles(transfer.files);
  const found = await Promise.all(entries.map((entry) => readEntry(entry)));
  return found.flat().filter(wanted);
}

async function readEntry(entry: FileSystemEntry): Promise<FileToSend[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, source: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FileToSend[] = [];
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all;
    for (const each of batch) all.push(...(await readEntry(each)));
  }
}
