import type { VNode } from 'preact';
import { Empty, PageHead } from '../kit/parts.js';
import { ROLE_WORDS, useStaff } from '../kit/session.js';

export function NotForThisKey({ title }: { title: string }): VNode {
  const { role } = useStaff();
  return (
    <>
      <PageHead title={title} />
      <Empty>
        A key of the role “{ROLE_WORDS[role]}” may not see this. Sign out, and in again with an administrator’s.
      </Empty>
    </>
  );
}
