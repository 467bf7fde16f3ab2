/** What a proof found of limits (quota), where it lets them pass. */
export interface FoundQuotas {
  /** How many are not what they were on old. */
  readonly differing: number;
  /** The first of them, for people. */
  readonly shown: readonly string[];
  /** Of how many users one of both servers did not tell. */
  readonly unknown: number;
}

/** What people are told of it: nothing, where all limits are the same. */
export function quotaNotices({ differing, shown, unknown }: FoundQuotas): string[] {
  return [
    ...(differing === 0
      ? []
      : [
          `Limits of users (quota) that are not what they were on old: ${differing}. ${shown.slice(0, 5).join("; ")}`,
        ]),
    ...(unknown === 0
      ? []
      : [`What limits ${unknown} users (quota) was not compared: one of both servers did not tell.`]),
  ];
}
