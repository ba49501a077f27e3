/** `npm run dashboards`: writes the dashboards that Grafana reads, `infra/grafana/dashboards/*.json`, from the code beside it. */
import { writeFileSync } from "node:fs"
import { files } from "./dashboards.ts"

for (const [name, text] of files()) writeFileSync(new URL(`./dashboards/${name}.json`, import.meta.url), text)
