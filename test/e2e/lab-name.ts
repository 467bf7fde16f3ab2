import { createHash } from "node:crypto";

// The tests of two checkouts may run on one machine; a run that was killed leaves its lab to the next one of its checkout.
const checkout = createHash("sha256").update(process.cwd()).digest("hex").slice(0, 6);

/** The name of a lab that tests of this checkout alone boot and take down. */
export function labName(part: string): string {
  return `test-${part}-${checkout}`;
}
