import type { HostOrder } from "../language/model/playbook.ts";

/** The hosts of a play in the order in which they take their turns. */
export function inOrder(hosts: readonly string[], order: HostOrder): readonly string[] {
  switch (order) {
    case "inventory":
      return hosts;
    case "reverse_inventory":
      return hosts.toReversed();
    case "sorted":
      return hosts.toSorted();
    case "reverse_sorted":
      return hosts.toSorted().reverse();
    case "shuffle":
      return shuffled(hosts);
  }
}

/** By Fisher and Yates: every order is as likely as any other. */
function shuffled(hosts: readonly string[]): string[] {
  const mixed = [...hosts];
  for (let left = mixed.length; left > 1; left--) {
    const drawn = Math.floor(Math.random() * left);
    const [host] = mixed.splice(drawn, 1);
    if (host !== undefined) mixed.push(host);
  }
  return mixed;
}
