{{/* What the names of all objects begin with. */}}
{{- define "holdfast.name" -}}
{{ .Values.names.prefix }}
{{- end }}

{{/* Labels of every object; those of kustomize besides Helm's own. */}}
{{- define "holdfast.labels" -}}
app.kubernetes.io/name: holdfast
app.kubernetes.io/part-of: holdfast
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The name of an image: of the chart's version, unless a tag or a digest is given. (list $ values) */}}
{{- define "holdfast.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- if and (eq $image.tag "latest") (not $image.digest) }}
{{- fail (printf "the tag of image %s is latest, which the kubelet pulls at every start; give a version or a digest" $image.repository) }}
{{- end }}
{{- $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end }}
