import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "test/unit/**/*.test.ts",
            "test/soak/{plan,result-page,result-table,soaked-playbooks}.test.ts",
          ],
          // Some start an sshd or the built program; a small machine takes its time.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          // Each boots hosts of its own; they wait more than they work.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "soak",
          include: ["test/soak/soak.test.ts", "test/soak/every-step.test.ts"],
          fileParallelism: false,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
