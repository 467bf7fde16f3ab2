/** What can be done to the file. */
export interface SyncedFile {
  write(bytes: Buffer): void;
  sync(done: (error: Error | null) => void): void;
  syncNow(): void;
  close(): void;
}

/** Brings what is written to one file to the disk, with one sync for all who wait at the same time. */
export interface GroupedSync {
  /** Bytes that come while a sync is under way are held until it has ended; the order of all bytes stays. */
  write(bytes: Buffer): void;
  /** Resolves when all that was given to `write` before the call is on the disk. */
  synced(): Promise<void>;
  /** Brings what was given to `write` to the disk within 50 ms: with the next sync that somebody waits for, or by one of its own. */
  syncSoon(): void;
  /** Returns when all that was given to `write` is on the disk. */
  syncNow(): void;
  /** Syncs what is left and closes the file, at the latest when a sync under way has ended. */
  close(): void;
}

/**
 * Groups the syncs of a file. A write to a file that is being synced would keep the whole program waiting: what comes
 * meanwhile is written behind it, and shares the next sync. A write or sync that
 * failed is told to all that come after: what the disk holds is not known any more.
 */
export function groupedSync(file: SyncedFile): GroupedSync {
  let written = 0;
  let onDisk = 0;
  let held: Buffer[] = [];
  let isSyncing = false;
  let underWay: Promise<void> | undefined;
  let failure: Error | undefined;
  let soon: NodeJS.Timeout | undefined;

  async function sync(): Promise<void> {
    // Hosts that do the same task come at the same moment: they need not wait for one sync each.
    await new Promise((resolve) => setImmediate(resolve));
    const upTo = written;
    try {
      guarded(writeHeld);
      await syncFile();
    } finally {
      underWay = undefined;
    }
    onDisk = Math.max(onDisk, upTo);
  }

  function syncFile(): Promise<void> {
    isSyncing = true;
    return new Promise((resolve, reject) => {
      file.sync((error) => {
        isSyncing = false;
        failure ??= error ?? undefined;
        if (failure === undefined) resolve();
        else reject(failure);
      });
    });
  }

  async function synced(): Promise<void> {
    const wanted = written;
    while (onDisk < wanted) {
      guarded(() => {});
      underWay ??= sync();
      await underWay;
    }
  }

  function syncNow(): void {
    guarded(() => {
      writeHeld();
      file.syncNow();
    });
    onDisk = written;
  }

  function writeHeld(): void {
    const bytes = Buffer.concat(held);
    held = [];
    if (bytes.length > 0) file.write(bytes);
  }

  function guarded(work: () => void): void {
    if (failure !== undefined) throw failure;
    try {
      work();
    } catch (error) {
      failure = error as Error;
      throw error;
    }
  }

  return {
    write(bytes) {
      written += 1;
      if (isSyncing) held.push(bytes);
      else guarded(() => file.write(bytes));
    },
    synced,
    syncSoon() {
      soon ??= setTimeout(() => {
        soon = undefined;
        // Its failure is told by the next one that waits.
        synced().catch(() => {});
      }, soonMs);
    },
    syncNow,
    close() {
      clearTimeout(soon);
      // The number of a closed file may be given to another one: a sync under way must end first.
      const close = (): void => file.close();
      try {
        if (onDisk < written) syncNow();
      } finally {
        if (underWay === undefined) close();
        else underWay.then(close, close);
      }
    },
  };
}

const soonMs = 50;
