// The kinds of places, with what each takes beside its location. The API checks all of it; this says what to ask for.
import { Cylinder, Folder, GitBranch, Globe, type LucideIcon, Mail, Rss } from "lucide-react";

export type Option = { name: string; label: string; hint?: string; required?: boolean } & (
  | { type: "text" | "secret" | "patterns"; placeholder?: string }
  | { type: "number"; usual: number; min: number; max: number; step: number | "any" }
  | { type: "flag"; usual: boolean }
  | { type: "choice"; usual: string; choices: [value: string, words: string][] }
);

export interface Kind {
  words: string;
  icon: LucideIcon;
  /** What its location is called, and how one looks. */
  location: { label: string; hint: string; placeholder: string };
  /** How often it is looked at when nobody says otherwise, in seconds. */
  every_s: number;
  options: Option[];
}

const SECRET = "The name of the variable that holds it and that Pincite is started with, never the secret itself.";
const only = (what: string, example: string): Option => ({
  name: "only",
  label: `Only these ${what}`,
  type: "patterns",
  placeholder: example,
  hint: "Patterns, one on a line. Empty is all.",
});
const PAUSE: Option = { name: "pause_s", label: "Seconds between requests", type: "number", usual: 1, min: 0, max: 60, step: "any" };

export const KINDS: Record<string, Kind> = {
  folder: {
    words: "Folder",
    icon: Folder,
    location: {
      label: "Path",
      placeholder: "/srv/handbook",
      hint: "On the machine that Pincite runs on, in a folder that PINCITE_SOURCE_FOLDERS allows there.",
    },
    every_s: 300,
    options: [only("files", "*.pdf"), { name: "hidden", label: "Hidden files too: those whose name begins with a dot", type: "flag", usual: false }],
  },
  web: {
    words: "Web site",
    icon: Globe,
    location: { label: "Address", placeholder: "https://example.com/docs/", hint: "Pages in its folder belong to it. robots.txt is kept to." },
    every_s: 86_400,
    options: [
      { name: "prefix", label: "Paths begin with", type: "text", placeholder: "/docs/", hint: "Empty is the folder of the address." },
      { name: "pages", label: "Most pages", type: "number", usual: 1000, min: 1, max: 100_000, step: 1 },
      { name: "depth", label: "Most links away from the first page", type: "number", usual: 5, min: 0, max: 50, step: 1, hint: "0 reads sitemaps only." },
      PAUSE,
      { name: "sitemap", label: "Read sitemaps", type: "flag", usual: true },
    ],
  },
  bucket: {
    words: "S3 bucket",
    icon: Cylinder,
    location: { label: "Bucket", placeholder: "s3://bucket/prefix", hint: "Without keys it is read as the public may." },
    every_s: 3600,
    options: [
      { name: "region", label: "Region", type: "text", placeholder: "us-east-1" },
      { name: "endpoint", label: "Endpoint", type: "text", placeholder: "https://minio.lan:9000", hint: "Empty is Amazon’s; another has to be named in PINCITE_FETCH_ALLOW." },
      { name: "key_id", label: "Variable with the access key’s id", type: "secret", placeholder: "PINCITE_SECRET_S3_ID", hint: SECRET },
      { name: "key", label: "Variable with the secret access key", type: "secret", placeholder: "PINCITE_SECRET_S3_KEY", hint: SECRET },
      only("objects", "*.pdf"),
    ],
  },
  git: {
    words: "Git repository",
    icon: GitBranch,
    location: { label: "Address or path", placeholder: "https://git.example.com/handbook.git", hint: "The newest commit of one branch is read." },
    every_s: 3600,
    options: [
      { name: "branch", label: "Branch", type: "text", placeholder: "main", hint: "Empty is the repository’s own." },
      { name: "within", label: "Only below this folder", type: "text", placeholder: "docs" },
      { name: "token", label: "Variable with a token to read it by", type: "secret", placeholder: "PINCITE_SECRET_GIT", hint: SECRET },
      only("files", "*.md"),
    ],
  },
  feed: {
    words: "Feed",
    icon: Rss,
    location: { label: "Address", placeholder: "https://example.com/feed.xml", hint: "Of an RSS or Atom feed." },
    every_s: 3600,
    options: [
      {
        name: "content",
        label: "Of each entry read",
        type: "choice",
        usual: "page",
        choices: [
          ["page", "the page that it leads to"],
          ["entry", "its own text"],
        ],
      },
      PAUSE,
      { name: "keep", label: "Keep what the feed no longer shows", type: "flag", usual: true },
    ],
  },
  imap: {
    words: "Mailbox",
    icon: Mail,
    location: { label: "Mailbox", placeholder: "imaps://mail.example.com/Contracts", hint: "The server and one folder on it." },
    every_s: 900,
    options: [
      { name: "user", label: "User", type: "text", required: true, placeholder: "archive@example.com" },
      { name: "password", label: "Variable with the password", type: "secret", required: true, placeholder: "PINCITE_SECRET_MAIL", hint: SECRET },
    ],
  },
};

/** What a form's fields of options hold: those that are not as they are by themselves. */
export function optionsOf(options: Option[], text: (name: string) => string): Record<string, unknown> {
  const found = options.map((each): [string, unknown] => [each.name, valueOf(each, text(each.name))]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function valueOf(option: Option, text: string): unknown {
  const typed = text.trim();
  if (option.type === "flag") return (typed !== "") === option.usual ? undefined : !option.usual;
  if (option.type === "patterns") {
    const lines = typed.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.length ? lines : undefined;
  }
  if (option.type === "number") return typed === "" || Number(typed) === option.usual ? undefined : Number(typed);
  return typed === "" || (option.type === "choice" && typed === option.usual) ? undefined : typed;
}

/** What of the options is another than it was; null takes one back to its default. */
export function changedOptions(options: Option[], wanted: Record<string, unknown>, before: Record<string, unknown>): Record<string, unknown> {
  const known = (each: Option) => (isSet(before[each.name]) ? valueOf(each, asText(before[each.name])) : undefined);
  const changed = options.filter((each) => JSON.stringify(wanted[each.name]) !== JSON.stringify(known(each)));
  return Object.fromEntries(changed.map(({ name }) => [name, wanted[name] ?? null]));
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** A value as its field shows it; "" for what is not set, and for a flag that is off. */
export function asText(value: unknown): string {
  if (Array.isArray(value)) return value.join("\n");
  return typeof value === "string" || typeof value === "number" || value === true ? String(value) : "";
}
