// Names the types of which the CRDs are generated, so that go.mod keeps their module.
package types

import _ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
