// Whether who is signed in may add, change and share things at all; whether they may this one, the server says.
import { sessionQuery } from "@/shared/api/queries";
import { useQuery } from "@tanstack/react-query";

const WRITERS = ["owner", "admin", "editor"];

export function useCanWrite(): boolean {
  const roles = useQuery(sessionQuery).data?.user.roles ?? [];
  return roles.some((role) => WRITERS.includes(role));
}
