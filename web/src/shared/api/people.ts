// Users, groups and grants: who there is, and who may see what.
import { queryOptions } from "@tanstack/react-query";
import { request } from "./client";
import type { Page } from "./types";

export const ROLES = ["owner", "admin", "editor", "viewer", "auditor"] as const;
export type Role = (typeof ROLES)[number];

export interface Person {
  id: string;
  name: string;
  email: string | null;
  role: Role;
  service: boolean;
  disabled: boolean;
  groups: string[];
  /** Labels of the sign-in providers that know them, and `SCIM` where a directory does. */
  comes_from: string[];
}

export type Invited = Person & { token: string | null };

export interface Group {
  id: string;
  name: string;
  members: string[];
}

export const LEVELS = ["viewer", "editor", "manager"] as const;
export type Level = (typeof LEVELS)[number];

export interface Grant {
  kind: "user" | "group" | "everyone";
  grantee: string;
  level: Level;
}

export interface Grantee {
  id: string;
  kind: "user" | "group";
  name: string;
}

/** What is shared: the path of a collection or a document. */
export type Shared = `collections/${string}` | `documents/${string}`;

export const PEOPLE = ["people"] as const;
export const GROUPS = ["groups"] as const;

const part = encodeURIComponent;

export const peopleQuery = queryOptions({
  queryKey: PEOPLE,
  queryFn: async () => {
    const all: Person[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Page<Person> = await request(`/v1/users?limit=200${cursor && `&cursor=${part(cursor)}`}`);
      all.push(...page.items);
      cursor = page.next_cursor;
    }
    return all;
  },
});

export const groupsQuery = queryOptions({ queryKey: GROUPS, queryFn: async () => (await request<Page<Group>>("/v1/groups")).items });

export const grantsQuery = (shared: Shared) =>
  queryOptions({ queryKey: ["grants", shared], queryFn: async () => (await request<Page<Grant>>(`/v1/${shared}/grants`)).items });

export const granteesQuery = (beginning: string) =>
  queryOptions({
    queryKey: ["grantees", beginning],
    queryFn: async () => (await request<Page<Grantee>>(`/v1/grantees?q=${part(beginning)}`)).items,
    enabled: beginning.trim() !== "",
  });

/** The names of those whom grants name. */
export const namesQuery = (ids: string[]) =>
  queryOptions({
    queryKey: ["grantees", "ids", ...ids],
    queryFn: async () => {
      const found: Grantee[] = [];
      for (let first = 0; first < ids.length; first += 50) {
        const query = ids.slice(first, first + 50).map((id) => `id=${part(id)}`);
        found.push(...(await request<Page<Grantee>>(`/v1/grantees?${query.join("&")}`)).items);
      }
      return new Map(found.map((each) => [each.id, each.name]));
    },
    enabled: ids.length > 0,
  });

export const invite = (given: { name: string; email?: string; role: Role }) => request<Invited>("/v1/users", "POST", given);
export const changePerson = (id: string, patch: { role?: Role; disabled?: boolean; email?: string }) => request<Person>(`/v1/users/${part(id)}`, "PATCH", patch);
export const removePerson = (id: string) => request<undefined>(`/v1/users/${part(id)}`, "DELETE");
export const newLink = (id: string) => request<{ token: string }>(`/v1/users/${part(id)}/sign-in-token`, "POST");
export const dropSecondFactor = (id: string) => request<undefined>(`/v1/users/${part(id)}/second-factor`, "DELETE");
export const createGroup = (name: string) => request<Group>("/v1/groups", "POST", { name });
export const removeGroup = (id: string) => request<undefined>(`/v1/groups/${part(id)}`, "DELETE");
/** One by one: a list of all of them would undo what others, or a directory, changed since it was read. */
export const changeMember = (id: string, person: string, become: "PUT" | "DELETE") =>
  request<undefined>(`/v1/groups/${part(id)}/members/${part(person)}`, become);

const grantPath = (shared: Shared, grant: Omit<Grant, "level">) => `/v1/${shared}/grants/${grant.kind}/${part(grant.grantee)}`;
export const give = (shared: Shared, grant: Grant) => request<Grant>(grantPath(shared, grant), "PUT", { level: grant.level });
export const takeBack = (shared: Shared, grant: Grant) => request<undefined>(grantPath(shared, grant), "DELETE");
