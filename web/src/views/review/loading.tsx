import { strings } from "../../strings";
import { PageHeading, useTitle } from "../../ui/heading";
import { Loading, Skeleton } from "../../ui/states";

/** A review that is on its way: of its size, so that nothing jumps. */
export function ReviewLoading({ title }: { title?: string }) {
  return (
    <Loading>
      <div className="flex flex-col gap-4">
        {title === undefined ? <NamelessHeading /> : <PageHeading title={title} />}
        <Skeleton className="h-12 w-full max-w-md" />
        <Skeleton className="h-40 w-full" />
        <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <Skeleton className="h-96" />
          <Skeleton className="h-96 max-lg:hidden" />
        </div>
      </div>
    </Loading>
  );
}

function NamelessHeading() {
  return (
    <>
      <HiddenHeading />
      <Skeleton className="h-9 w-72 max-w-full" />
    </>
  );
}

/** The head of a review of which nothing is known. */
export function HiddenHeading() {
  useTitle(strings.review.name);
  return <h1 className="sr-only">{strings.review.name}</h1>;
}
