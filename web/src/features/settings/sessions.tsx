// Where one is signed in: a browser that is not one's own any more is signed out from here.
import { asProblem } from "@/shared/api/client";
import { endOthers, endSession, type OwnSession, ownSessionsQuery } from "@/shared/api/sign-in";
import { deviceOf } from "@/shared/text/device";
import { formatDate } from "@/shared/text/format";
import { Button } from "@/shared/ui/button";
import { Confirm } from "@/shared/ui/dialog";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Section } from "./section";

export function Sessions() {
  const sessions = useQuery(ownSessionsQuery).data;
  const [leaving, setLeaving] = useState<OwnSession | "others" | null>(null);
  if (!sessions) return null;
  return (
    <Section title="Where you are signed in">
      <ul data-testid="sessions">
        {sessions.map((each) => (
          <li key={each.id} className="flex items-center gap-3 border-b border-line py-2.5 text-sm last:border-0">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium" title={each.agent ?? undefined}>
                {deviceOf(each.agent)}
                {each.current && <span className="font-normal text-muted"> · this browser</span>}
              </p>
              <p className="text-xs text-faint">
                by {each.begun_by}, {formatDate(each.created_at)} · last used {formatDate(each.last_used_at)}
              </p>
            </div>
            {!each.current && (
              <Button look="quiet" onClick={() => setLeaving(each)}>
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <Button className="mt-4" onClick={() => setLeaving("others")}>
          Sign out everywhere else
        </Button>
      )}
      {leaving && <Leave leaving={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  );
}

function Leave({ leaving, onClose }: { leaving: OwnSession | "others"; onClose: () => void }) {
  const client = useQueryClient();
  const ending = useMutation({
    mutationFn: async () => {
      await (leaving === "others" ? endOthers() : endSession(leaving.id));
    },
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ownSessionsQuery.queryKey });
    },
  });
  const problem = ending.error && asProblem(ending.error);
  return (
    <Confirm
      title={leaving === "others" ? "Sign out everywhere else?" : `Sign out ${deviceOf(leaving.agent)}?`}
      text={problem ? `${problem.title} ${problem.detail}` : "Whoever uses it has to sign in again. API keys stay."}
      action="Sign out"
      busy={ending.isPending}
      onConfirm={() => ending.mutate()}
      onClose={onClose}
    />
  );
}
