// The actions that recover one table, where Holdfast can connect to the live database.
import type { Actions } from '../../core/action.ts';
import { schemaDrop } from './leftover-drop.ts';
import { tableExtract } from './table-extract.ts';
import { tableMerge, tableUnmerge } from './table-merge.ts';
import type { TableTools } from './table-tools.ts';

export function tableActions(tools: TableTools): Actions {
  return {
    'table.extract': tableExtract(tools),
    'table.merge': tableMerge(tools),
    'table.unmerge': tableUnmerge(tools),
    'leftover.drop': schemaDrop(tools),
  };
}
