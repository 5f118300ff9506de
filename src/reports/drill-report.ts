// The report of a drill (G27, B15): its figures, its result, and the page that tells both.
import type { DrillFigures, Report } from '../core/report.ts';
import type { System } from '../core/system.ts';
import { drillDocument } from './drill-document.ts';
import { type DrillInput, drillFigures } from './drill-figures.ts';
import { worst } from './drill-parts.ts';
import { markdownOf } from './markdown.ts';

/** Pure: the same journal leads to the same report. Throws a Fault when the operation is not a drill. */
export function drillReport(input: DrillInput): Omit<Report, 'id'> {
  const { operation, system } = input;
  const figures = drillFigures(input);
  const at = operation.endedAt ?? operation.last.at;
  const report = {
    system: system.name,
    kind: 'drill' as const,
    of: operation.id,
    at,
    title: `${system.drills[figures.drill]?.title ?? figures.drill} of ${system.title}, ${at.slice(0, 10)}`,
    result: resultOf(figures, system),
    figures,
  };
  return { ...report, markdown: markdownOf(drillDocument(report, figures)) };
}

/**
 * A part that was not run has proven nothing, so the drill is unverified. Parts that only people confirm decide nothing
 * where others were read back. With too few people it does not count (G26).
 */
function resultOf({ drill, parts, participants }: DrillFigures, { drills }: System): Report['result'] {
  const result = worst(parts.filter(({ result }) => result !== 'confirmed').map((part) => part.result));
  if (result === 'fail') return 'fail';
  if (participants.length < (drills[drill]?.participants?.atLeast ?? 0)) return 'none';
  return result === 'pass' ? 'pass' : 'unverified';
}
