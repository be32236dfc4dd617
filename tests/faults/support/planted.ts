import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { askBroker } from '../../helpers/broker.js';
import { projectRoot } from '../../helpers/project-root.js';

/** One place of the build to spoil. */
export interface Edit {
  /** Below dist. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface SpoiltBuild {
  readonly dist: string;
  remove(): Promise<void>;
}

/** A copy of the build with bugs in it, within the project, so that it finds its packages. Throws where a line to spoil is not there any more. */
export async function spoilBuild(edits: readonly Edit[]): Promise<SpoiltBuild> {
  await askBroker('/build');
  const parent = path.join(projectRoot, '.aisle', 'planted');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'bug-'));
  const dist = path.join(folder, 'dist');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await cp(path.join(projectRoot, 'dist'), dist, { recursive: true });
    for (const { file, find, put } of edits) {
      const place = path.join(dist, file);
      const source = await readFile(place, 'utf8');
      if (!source.includes(find)) throw new Error(`${file} has no longer the line to spoil: ${find}`);
      await writeFile(place, source.replaceAll(find, put));
    }
    return { dist, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
