/** Imports: files of deliveries, counts and new products, received as a stream and applied in the background. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ImportRowView, ImportView } from "./import-schemas.ts"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

/** As the table of routes writes it; its POST is answered beside the pipeline (`import-route.ts`). */
export const IMPORTS = "/v1/imports"

const id = { id: Words.ImportIdText }

const create = HttpApiEndpoint.post("create", "/v1/imports", {
  query: {
    mode: Schema.Literals(["delta", "absolute"]),
    dryRun: Schema.optionalKey(Schema.Literals(["", "true", "false"])),
  },
  headers: { "idempotency-key": Words.IdempotencyKey },
  success: Schema.Struct({ id: Schema.String })
    .annotate({ identifier: "AcceptedImport" })
    .pipe(HttpApiSchema.status(202)),
  error: Problems.writing("idempotency-key-required", "invalid-import"),
})
  .annotate(OpenApi.Summary, "Import a file of rows: NDJSON, or CSV whose first line names the columns")
  .annotate(
    OpenApi.Description,
    [
      "Rows of `delta` change what is on hand (`sku`, `delta`); rows of `absolute` say what was counted and at which version of the",
      "stock (`sku`, `stock`, `version`), and are applied as a difference: what is sold since the count stays sold. A row with `name`,",
      "`price`, `currency` and `stock` creates its product if there is none, in both modes. The answer comes when all of it has been",
      "received and nothing applied: a text that cannot be read is refused with its line. A row that is wrong, or that the shop",
      "refuses, fails alone. `Location` is where the import can be read. CSV may say its charset (`text/csv; charset=latin1`).",
      "`dryRun`: it answers what would become of each row, and nothing is changed.",
    ].join(" "),
  )

const get = HttpApiEndpoint.get("get", "/v1/imports/:id", {
  params: id,
  success: ImportView,
  error: Problems.reading("import-not-found", "route-not-found"),
}).annotate(OpenApi.Summary, "Read how far an import is")

const rows = HttpApiEndpoint.get("rows", "/v1/imports/:id/rows", {
  params: id,
  query: {
    status: Schema.optionalKey(Schema.Literals(["failed", "applied", "all"])),
    limit: Schema.optionalKey(Words.Limit),
    cursor: Schema.optionalKey(Words.Cursor),
  },
  success: Words.pageOf(ImportRowView, "ImportRowPage"),
  error: Problems.reading("import-not-found", "route-not-found", "invalid-cursor"),
}).annotate(
  OpenApi.Summary,
  "List the rows of an import, in the order of their lines; those that failed with the reason",
)

export const imports = HttpApiGroup.make("imports")
  .add(create, get, rows)
  .annotate(OpenApi.Description, "Many rows at once, applied in the background.")
