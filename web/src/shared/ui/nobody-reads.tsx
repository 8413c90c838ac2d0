// Says why what waits goes on waiting: there is nobody who reads.
import { statusQuery } from "@/shared/api/queries";
import { formatCount } from "@/shared/text/format";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

const LOOK_MS = 5_000;
/** A worker that is being started, or begun again, is nothing to speak of. */
const PATIENCE_MS = 10_000;

interface Props {
  /** How many wait, and what one of them is called. */
  waiting: number;
  what: string;
}

export function NobodyReads({ waiting, what }: Props) {
  const status = useQuery({ ...statusQuery, enabled: waiting > 0, refetchInterval: LOOK_MS });
  return waiting > 0 && status.data?.workers === 0 && <ForSomeTime waiting={waiting} what={what} />;
}

function ForSomeTime({ waiting, what }: Props) {
  const [isTold, setTold] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setTold(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    isTold && (
      <p role="status" className="mt-6 rounded-2xl bg-sunken px-5 py-4 text-[0.86rem] leading-relaxed" data-testid="nobody-reads">
        Nothing reads documents at the moment, so {formatCount(waiting, what)} {waiting === 1 ? "waits" : "wait"}; nothing is lost. It goes on once whoever runs this
        installation starts <code className="font-mono text-xs">pincite worker</code>; the server's log says whether one ended, and why.
      </p>
    )
  );
}
