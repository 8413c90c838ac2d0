// Whether who is signed in may administrate: people, budgets and what everybody spent.
import { sessionQuery } from "@/shared/api/queries";
import { useQuery } from "@tanstack/react-query";

const ADMINS = ["owner", "admin"];

export function useIsAdmin(): boolean {
  const roles = useQuery(sessionQuery).data?.user.roles ?? [];
  return roles.some((role) => ADMINS.includes(role));
}
