import type { Inventory } from "../language/model/inventory.ts";

/** The inventory of one run. A run may add hosts and groups to it (add_host, group_by) or read it anew. */
export interface HeldInventory {
  /** As it is at this moment; ask again rather than keep it. */
  current(): Inventory;
  /** Changes it, one change after the other. Gives back false when the change left it as it was. */
  change(work: Growth): Promise<boolean>;
  /** Reads the files again (`meta: refresh_inventory`) and puts to them what the run itself had added. */
  refresh(): Promise<void>;
}

/** Makes an inventory of another one; the same one when there is nothing to change. */
export type Growth = (inventory: Inventory) => Promise<Inventory>;

/** Holds an inventory for a run; `reload` reads its files again, where there are any. */
export function holdInventory(inventory: Inventory, reload?: () => Promise<Inventory>): HeldInventory {
  let current = inventory;
  const changes: Growth[] = [];
  let last: Promise<unknown> = Promise.resolve();

  // Hosts work side by side: two additions must not each begin with what was there before both.
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    current: () => current,
    change: (work) =>
      inTurn(async () => {
        const grown = await work(current);
        if (grown === current) return false;
        current = grown;
        changes.push(work);
        return true;
      }),
    refresh: () =>
      inTurn(async () => {
        if (reload === undefined) return;
        let fresh = await reload();
        for (const change of changes) fresh = await change(fresh);
        current = fresh;
      }),
  };
}
