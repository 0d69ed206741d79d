import { Link } from "react-router";

import { strings } from "../strings";
import { Button } from "../ui/button";
import { useTitle } from "../ui/heading";
import { Empty } from "../ui/states";

/** A view that threw. */
export function Broken() {
  const { title, text, action } = strings.common.broken;
  useTitle(title);
  const again = () => {
    location.reload();
  };
  return (
    <div className="mx-auto max-w-xl p-6">
      <Empty heading="h1" title={title} action={<Button onClick={again}>{action}</Button>}>
        {text}
      </Empty>
    </div>
  );
}

/** An address that leads nowhere. */
export function NotFound() {
  const { title, text, action } = strings.common.notFound;
  useTitle(title);
  const home = (
    <Button asChild>
      <Link to="/">{action}</Link>
    </Button>
  );
  return (
    <Empty heading="h1" title={title} action={home}>
      {text}
    </Empty>
  );
}
