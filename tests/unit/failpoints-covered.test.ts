import { expect, test } from 'vitest';
import { FAILPOINTS, failpointsInCode, NOT_SHOWN } from '../faults/support/failpoints.js';
import { readProjectFile } from '../helpers/project-files.js';

test('every failpoint in the code is one at which a test kills a process', () => {
  const inCode = failpointsInCode();
  expect(inCode.length).toBeGreaterThan(30);
  expect([...Object.keys(FAILPOINTS), ...NOT_SHOWN].sort()).toEqual(inCode);
});

test('and each of those tests looks in the log of the dead one for the failpoint', () => {
  for (const file of new Set(Object.values(FAILPOINTS).map(({ shownBy }) => shownBy)))
    expect(readProjectFile(file), file).toMatch(/failpoint \$\{\w+\}: exit/);
});
