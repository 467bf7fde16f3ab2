import { describe, expect, test } from "vitest";
import { labName } from "./lab-name.ts";
import { done, setTheStage } from "./rehearse.ts";
import { beginStory, testAccount, testInit } from "./story.ts";

/** The other pairs of releases that the playbook of Bullseye to Trixie moves between, in short. */
describe.each([
  ["bullseye-to-bookworm", "to-bookworm", "debian 12"],
  ["bookworm-to-trixie", "to-trixie", "debian 13"],
])("%s", (scenario, part, release) => {
  const story = beginStory({ setStage: () => setTheStage(labName(part), {}, scenario) });
  testInit(story, "bullseye-to-trixie");

  test("every stage up to the cutover is done with mail flowing, and verify finds all of it", async () => {
    const { rehearsal } = story.stage();
    const preflight = await done(rehearsal, "preflight");
    expect(preflight).toContain(`ok       Debian release of the new host: ${release}`);
    expect(preflight).not.toMatch(/^\s*stop {5}/m);
    await story.traffic();
    for (const stage of ["prepare", "hot-copy", "cutover", "verify"]) await done(rehearsal, stage);
  });

  testAccount(story);
});
