import { PageHeading } from "../../ui/heading";

export default function Listen() {
  return <PageHeading title="Listen" />;
}
