/** The meters of imports. */
import type { Registry } from "prom-client"
import { counter, gauge, histogram } from "./instruments.ts"

/** Seconds: from a list of a few rows to a million beside a sale. */
const IMPORT_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600, 14_400]

export const imports = (registry: Registry) => ({
  importRows: counter(registry)("jaego_import_rows_total", "Rows of imports, by what became of them", [
    "outcome",
    "dry_run",
  ]),
  importsEnded: counter(registry)("jaego_imports_ended_total", "Imports that have ended", ["state"]),
  importSeconds: histogram(registry)(
    "jaego_import_duration_seconds",
    "From the first row that was worked to the last",
    IMPORT_SECONDS,
  ),
  imports: gauge(registry)("jaego_imports", "Imports of the shop that have not ended", ["state"]),
  importsOldest: gauge(registry)("jaego_imports_oldest_seconds", "Age of the oldest import that has not ended"),
})
