import { PageHeading } from "../../ui/heading";

export default function Shared() {
  return <PageHeading title="Shared" />;
}
