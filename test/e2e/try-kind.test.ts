import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { setTheStage } from "./rehearse.ts";
import { tellWholeStory } from "./story.ts";

const kind = process.env.KIND ?? "sqlite";

describe(`whole move with ${kind}`, () => {
  tellWholeStory({
    setStage: async () => {
      const stage = await setTheStage(`trykind-${kind}`);
      for (const side of ["old", "new"] as const) {
        const root = join(stage.lab.directory, "hosts", side, "root");
        execFileSync("sh", ["/tmp/mf/dbtry/install.sh", root], { stdio: "inherit" });
        const script = readFileSync(`/tmp/mf/dbtry/convert.sh`, "utf8");
        const host = stage.lab.hosts[side];
        const out = await host.run(["sh", "-euxc", script, "convert", kind, side]);
        console.log(out);
      }
      return stage;
    },
  });
});
