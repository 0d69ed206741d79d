import { useEffect, type DependencyList } from "react";

import { Scope } from "../scope";

/** Sets something up in a scope of its own, which ends when the view goes or something it depends on changes. */
export function useScope(setUp: (scope: Scope) => void, dependencies: DependencyList): void {
  useEffect(() => {
    const scope = new Scope();
    setUp(scope);
    return () => {
      scope.end();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller's list is the list
  }, dependencies);
}
