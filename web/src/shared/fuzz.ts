// How many cases each property of the tests is held to; run before the tests, and no part of the app.
import fc from "fast-check";

fc.configureGlobal({ numRuns: Number(import.meta.env["FUZZ_CASES"]) });
