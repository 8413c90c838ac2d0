// For an address that is no page.
import { useTitle } from "@/shared/ui/use-title";
import { Link } from "@tanstack/react-router";

export function NotFound() {
  useTitle("No such page");
  return (
    <div className="grid h-full place-items-center p-8 text-center">
      <div>
        <h1 className="font-serif text-3xl font-semibold">There is no such page</h1>
        <Link to="/" className="mt-4 inline-block text-accent hover:underline">
          Ask a question
        </Link>
      </div>
    </div>
  );
}
