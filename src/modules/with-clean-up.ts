/**
 * Does the work, then the clean-up, whatever came of the work. When both fail, the work's own error is thrown and the
 * clean-up's goes to `tell`.
 */
export async function withCleanUp<T>(
  work: () => Promise<T>,
  cleanUp: () => Promise<void>,
  tell: (failure: string) => void,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await cleanUp().catch((left: unknown) => tell(left instanceof Error ? left.message : String(left)));
    throw error;
  }
  await cleanUp();
  return result;
}
