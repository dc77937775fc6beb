// On demand: every parameter that was compared, and what else the header says.
import { comparedCount, comparedRows, otherRows } from "../parameters.ts";
import type { Verdict } from "../verdict.ts";

export function VerdictDetails({ verdict }: { readonly verdict: Verdict }) {
  return (
    <>
      <details class="fold">
        <summary>{verdict.kind === "no_template" ? "What was found" : "All compared parameters"}</summary>
        <ComparedTable verdict={verdict} />
        {verdict.rules.length > 0 && (
          <p class="facts rules">
            Rules of this site in force: {verdict.rules.map((number) => `[[mr.rule]] ${number}`).join(", ")}.
          </p>
        )}
      </details>
      <details class="fold">
        <summary>The rest of the header</summary>
        <HeaderTable verdict={verdict} />
      </details>
    </>
  );
}

export function ComparedTable({ verdict: { input, template, differences, notCompared, kind } }: { readonly verdict: Verdict }) {
  return (
    <table class="parameters">
      <thead>
        <tr>
          <th scope="col">Parameter</th>
          <th scope="col">Found</th>
          {kind !== "no_template" && <th scope="col">Expected</th>}
        </tr>
      </thead>
      <tbody>
        {comparedRows(input, template, differences, notCompared).map((row) => (
          <tr key={row.name} class={row.differs ? "row-differs" : row.notCompared !== null ? "row-not-compared" : ""}>
            <th scope="row">
              {row.label}
              {row.differs && <span class="row-mark"> differs</span>}
              {row.notCompared !== null && <span class="row-why"> not compared: {row.notCompared}</span>}
            </th>
            <td>{row.found}</td>
            {kind !== "no_template" && <td>{row.expected}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function HeaderTable({ verdict: { input } }: { readonly verdict: Verdict }) {
  return (
    <table class="parameters">
      <thead>
        <tr>
          <th scope="col">Header field</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {otherRows(input).map(([label, value]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What stands where sentences would, when there are none. */
export function calmText({ kind, input, template, notCompared, reason }: Verdict): string {
  if (reason === "no_study_name") return "Nothing was compared: the header does not name the study. Set project in [mr] to a field that does.";
  if (kind === "no_template") return "Nothing was compared: there is no template for this series.";
  const [compared, acquisitions] = [comparedCount(input, template, notCompared), template["n"]];
  const of = typeof acquisitions === "number" ? ` of ${acquisitions} ${acquisitions === 1 ? "acquisition" : "acquisitions"}` : "";
  if (kind === "differs") return `It differs from the template${of}.`;
  return compared === 0 ? `Nothing differs from the template${of}.` : `${compared} parameters agree with the template${of}.`;
}
